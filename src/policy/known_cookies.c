/* The table of known cookies; known_cookies.h says what a row does and what it cannot do.
 *
 * A new row needs a source that shows that a script must read the cookie, or that a POST from
 * another site must carry it. That an application merely sends it without the attribute is not
 * enough: most session cookies without HttpOnly are mistakes, not needs.
 */
#include "known_cookies.h"

const cg_known_cookie cg_known_cookies[] = {

    /* Tokens against request forgery that a script copies from the cookie to a header. */

    {.pattern = "XSRF-TOKEN",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "Angular and axios read it and send it back as X-XSRF-TOKEN; Laravel and Spring "
               "Security set it for them.",
     .source = "angular/angular: packages/common/http/src/xsrf.ts; axios/axios: "
               "lib/defaults/index.js; laravel/framework#16310; spring-security: "
               "servlet/exploits/csrf.adoc"},
    {.pattern = "csrftoken",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "Django's manual tells scripts to read it and to send it as X-CSRFToken.",
     .source = "django/django: docs/howto/csrf.txt"},
    {.pattern = "_xsrf",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "Tornado's manual tells scripts to read it; JupyterLab sends it as X-XSRFToken.",
     .source = "tornadoweb/tornado: docs/guide/security.rst; jupyterlab/jupyterlab: "
               "packages/services/src/serverconnection.ts"},
    {.pattern = "form_key",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "Magento's scripts read it and fill it into the forms of cached pages.",
     .source = "magento/magento2: "
               "app/code/Magento/PageCache/view/frontend/web/js/form-key-provider.js"},

    /* State that the server sets and a script of the page reads or writes. */

    {.pattern = "wp-settings-*",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "WordPress's admin scripts read wp-settings-UID and overwrite it together with "
               "wp-settings-time-UID.",
     .source = "WordPress/wordpress-develop: src/js/_enqueues/lib/cookies.js; "
               "wp-includes/option.php"},
    {.pattern = "pma_*",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "phpMyAdmin 4's scripts read and write pma_console_* and pma_navi_width; newer "
               "versions send HttpOnly themselves.",
     .source = "phpmyadmin/phpmyadmin: js/console.js of 4.x; phpmyadmin/phpmyadmin#11688"},
    {.pattern = "DOKU_PREFS",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "DokuWiki's PHP sets it and its scripts read and rewrite it.",
     .source = "DokuWiki 2022-07-31: inc/common.php, lib/scripts/cookie.js"},
    {.pattern = "woocommerce_cart_hash",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "WooCommerce's cart script compares it with the cart that the browser holds.",
     .source = "woocommerce/woocommerce: client/legacy/js/frontend/cart-fragments.js"},
    {.pattern = "woocommerce_items_in_cart",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "WooCommerce's cart script reads it to show or hide the cart.",
     .source = "woocommerce/woocommerce: client/legacy/js/frontend/cart-fragments.js"},
    {.pattern = "mage-messages",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "Magento's PHP puts its messages to the user in it and a script shows and clears "
               "them.",
     .source = "magento/magento2: app/code/Magento/Theme/Controller/Result/MessagePlugin.php, "
               "app/code/Magento/Theme/view/frontend/web/js/view/messages.js"},
    {.pattern = "grafana_session_expiry",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "Grafana's scripts read the time from it at which the session must be rotated.",
     .source = "grafana/grafana: pkg/services/authn/authn.go, public/app/core/utils/auth.ts"},

    /* Sign-on servers: the status page in the client's frame reads the state by script. */

    {.pattern = "KEYCLOAK_SESSION",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "Keycloak's login status frame reads it to tell clients of a logout.",
     .source = "keycloak/keycloak: services/.../oidc/endpoints/login-status-iframe.html"},
    {.pattern = "KEYCLOAK_SESSION_LEGACY",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "Keycloak's login status frame reads it where KEYCLOAK_SESSION is missing.",
     .source = "keycloak/keycloak: services/.../oidc/endpoints/login-status-iframe.html"},
    {.pattern = "idsrv.session",
     .lifted = CG_LIFTS_HTTPONLY,
     .reason = "IdentityServer's check-session frame reads it, as OpenID Connect Session "
               "Management needs.",
     .source = "IdentityServer/IdentityServer4: Services/Default/DefaultUserSession.cs; "
               "bitbucket.org/openid/connect#873"},

    /* Sign-on state: the identity provider's page posts the answer from another site. */

    {.pattern = "mod_auth_openidc_state_*",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "With response mode form_post the provider's POST must carry it.",
     .source = "OpenIDC/mod_auth_openidc: auth_openidc.conf (OIDCResponseMode, "
               "OIDCCookieSameSite)"},
    {.pattern = "mellon-*",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "mod_auth_mellon refuses the provider's SAML POST without it.",
     .source = "latchset/mod_auth_mellon#20, #8; README.md (MellonCookieSameSite)"},
    {.pattern = "_shibstate_*",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "Shibboleth's SP reads the page to return to from it when the SAML POST arrives.",
     .source = "Shibboleth cpp-sp 3.5.2: shibsp/handler/impl/AbstractHandler.cpp "
               "(preserveRelayState, recoverRelayState)"},
    {.pattern = "_opensaml_req_*",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "Shibboleth's SP ties the SAML POST to its request with it.",
     .source = "Shibboleth cpp-opensaml: saml/saml2/binding/impl/SAML2MessageEncoder.cpp "
               "(preserveCorrelationID)"},
    {.pattern = "_shibpost_*",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "Shibboleth's SP finds the form that the sign-on interrupted through it when the "
               "SAML POST arrives.",
     .source = "Shibboleth cpp-sp 3.5.2: shibsp/handler/impl/AbstractHandler.cpp "
               "(preservePostData, recoverPostData)"},
    {.pattern = "SimpleSAMLSessionID",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "SimpleSAMLphp loses its session when the SAML POST comes without it.",
     .source = "simplesamlphp/simplesamlphp: docs/simplesamlphp-nostate.md, "
               "config/config.php.dist (session.cookie.name)"},
    {.pattern = "SimpleSAML",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "SimpleSAMLphp's session with PHP's handler, which the SAML POST must carry.",
     .source = "simplesamlphp/simplesamlphp: docs/simplesamlphp-nostate.md, "
               "config/config.php.dist (session.phpsession.cookiename)"},
    {.pattern = ".AspNetCore.Correlation.*",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "ASP.NET Core's OpenID Connect and WS-Federation answers arrive as a POST that "
               "must carry it.",
     .source = "dotnet/AspNetCore.Docs: aspnetcore/security/samesite.md; dotnet/aspnetcore: "
               "RemoteAuthenticationOptions.cs"},
    {.pattern = ".AspNetCore.OpenIdConnect.Nonce.*",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "ASP.NET Core's OpenID Connect answer arrives as a POST that must carry it.",
     .source = "dotnet/AspNetCore.Docs: aspnetcore/security/samesite.md; dotnet/aspnetcore: "
               "OpenIdConnectDefaults.cs"},
    {.pattern = "OpenIdConnect.nonce.*",
     .lifted = CG_LIFTS_SAMESITE,
     .reason = "The form_post answer of Microsoft's identity platform must carry the nonce of "
               "ASP.NET's OWIN middleware.",
     .source = "learn.microsoft.com: entra/identity-platform/"
               "howto-handle-samesite-cookie-changes-chrome-browser"},
};

const size_t cg_known_cookies_count = sizeof cg_known_cookies / sizeof cg_known_cookies[0];
