<?php
// PHP's session module makes the line; its own configuration is left as it comes.
session_save_path(sys_get_temp_dir());
session_start();
$_SESSION["seen"] = true;
echo "php\n";
session_destroy();
