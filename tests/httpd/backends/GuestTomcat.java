import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.ajp.AjpNioProtocol;

/**
 * A Tomcat with an AJP connector on a free port of loopback, which it prints.
 *
 * <p>/tomcat/answer/STATUS adds the Set-Cookie line of X-Line; /tomcat/session opens a session;
 * /tomcat/cookies shows the cookies that it was sent.
 */
public final class GuestTomcat {
    public static final class Guest extends HttpServlet {
        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws IOException {
            String path = request.getPathInfo();
            if (path.equals("/cookies")) {
                showCookies(request, response);
                return;
            }
            if (path.equals("/session")) {
                request.getSession(true);
            } else if (path.equals("/throw")) {
                response.addHeader("Set-Cookie", request.getHeader("X-Line"));
                throw new IllegalStateException("on purpose");
            } else {
                int status = Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
                response.addHeader("Set-Cookie", request.getHeader("X-Line"));
                response.setStatus(status);
                if (status >= 300 && status < 400 && status != 304) {
                    response.setHeader("Location", "http://guarded.test/elsewhere");
                }
            }
            response.setContentType("text/plain");
            if (response.getStatus() != 304) {
                response.getOutputStream().println("tomcat");
            }
        }
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            quoted.append(String.format("\\u%04x", (int) c));
        }
        return quoted.append('"').toString();
    }

    private static void showCookies(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        StringBuilder cookies = new StringBuilder();
        String field = request.getHeader("Cookie");
        for (Cookie cookie : request.getCookies() == null ? new Cookie[0] : request.getCookies()) {
            cookies.append(cookies.length() == 0 ? "" : ",").append(quote(cookie.getName()))
                    .append(":").append(quote(cookie.getValue()));
        }
        response.setContentType("application/json");
        response.getOutputStream().print("{\"field\":" + quote(field == null ? "" : field)
                + ",\"cookies\":{" + cookies + "}}");
    }

    public static void main(String[] args) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(args[0]);
        Connector ajp = new Connector("AJP/1.3");
        AjpNioProtocol protocol = (AjpNioProtocol) ajp.getProtocolHandler();
        protocol.setAddress(InetAddress.getLoopbackAddress());
        protocol.setSecretRequired(false);
        ajp.setPort(Integer.parseInt(args[1]));
        tomcat.setConnector(ajp);
        Context context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "guest", new Guest());
        context.addServletMappingDecoded("/*", "guest");
        tomcat.start();
        System.out.println("ready");
        tomcat.getServer().await();
    }
}
