<?php

use Illuminate\Support\Facades\Schedule;

Schedule::command('cache:prune-lab')->everyMinute();
