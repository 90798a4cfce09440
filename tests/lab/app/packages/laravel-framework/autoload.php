<?php

// Debian's Laravel may be older than Debian's PHP: what PHP calls deprecated since is none of the app's doing.
error_reporting(error_reporting() & ~E_DEPRECATED & ~E_USER_DEPRECATED);

require_once 'Illuminate/autoload.php';
