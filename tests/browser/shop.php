<?php
// The account page of a shop in PHP, which knows its customers by PHP's own sessions.
session_name("SHOP_SID");
session_save_path(__DIR__ . "/sessions");
session_start();
if (isset($_POST["user"])) {
    session_regenerate_id(true);
    $_SESSION["user"] = $_POST["user"];
}
echo "This is the account of ", $_SESSION["user"] ?? "nobody", ".";
