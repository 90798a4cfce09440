<?php

// Commands of app/Console/Commands are loaded by App\Console\Kernel.
