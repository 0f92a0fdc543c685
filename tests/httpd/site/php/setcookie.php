<?php
// PHP's own function makes the line.
$value = $_SERVER["HTTP_X_VALUE"];
$lines = [
    "bare" => ["path" => "/"],
    "complete" => ["path" => "/", "secure" => true, "httponly" => true, "samesite" => "Lax"],
    "strict" => ["path" => "/", "samesite" => "Strict"],
];
setcookie($_GET["kind"] . "_php", $value, $lines[$_GET["kind"]]);
echo "php\n";
