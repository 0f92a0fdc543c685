<?php
// A script that dies after its cookie: PHP answers 500.
header("Set-Cookie: " . $_SERVER["HTTP_X_LINE"], false);
ini_set("display_errors", "0");
ini_set("log_errors", "0");
throw new Exception("on purpose");
