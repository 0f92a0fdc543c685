<?php
// The line of the request's X-Line with the status of the query.
http_response_code((int)($_GET["status"] ?? 200));
header("Set-Cookie: " . $_SERVER["HTTP_X_LINE"], false);
if (($_GET["status"] ?? "") === "302") {
    header("Location: http://guarded.test/elsewhere");
}
echo "php\n";
