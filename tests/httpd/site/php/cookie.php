<?php
// The Cookie field, and what PHP makes of it; the Set-Cookie line of the request's X-Line.
if (isset($_SERVER["HTTP_X_LINE"])) {
    header("Set-Cookie: " . $_SERVER["HTTP_X_LINE"], false);
}
header("Content-Type: application/json");
echo json_encode(["field" => $_SERVER["HTTP_COOKIE"] ?? "", "cookies" => (object)$_COOKIE],
                 JSON_INVALID_UTF8_SUBSTITUTE);
