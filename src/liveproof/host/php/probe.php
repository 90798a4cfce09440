<?php
/*
 * What a PHP-FPM pool knows of its own OPcache, as one JSON document.
 *
 * liveproof asks for it straight over the pool's FastCGI socket (host/fastcgi.py); it lies outside every document root
 * and refuses to answer a web server or a command line. It reads and tells: no ini_set, no reset, no file. It runs on
 * PHP 7.4 to 8.5 and gets along without any extension but json.
 *
 * Asked with LIVEPROOF=1, LIVEPROOF_BELOW (directories whose scripts are told), LIVEPROOF_PARENT and LIVEPROOF_ENTRY
 * (scripts below the one that end with the other are told too; so are all that are preloaded) and LIVEPROOF_LINKED (realpath cache entries below it
 * are told); all but the first in hexadecimal, several joined by commas. A path that is not UTF-8 is told as a NUL byte
 * and its hexadecimal digits.
 *
 * Asked with LIVEPROOF_INVALIDATE (scripts, in hexadecimal; host/write/opcache.py) it answers for these alone. It changes
 * something only then, and only if LIVEPROOF_DROP=1 as well: PHP drops just these scripts from its memory and compiles
 * their files when they are next asked for. Any code of the pool may do that to itself at any time. ``problem`` names why
 * it was not done, ``kept`` the scripts that PHP would still take from its memory. Before it drops them it says its
 * number and waits for the request's body, which is "go"; with LIVEPROOF_HOLD=1 it does only that.
 */

(static function () {
    // An auto_prepend_file may have set a handler that throws; any function below may be in disable_functions.
    if (function_exists('set_error_handler')) {
        set_error_handler(static function () {
            return true;
        });
    }
    $call = static function ($name, ...$arguments) {
        return function_exists($name) ? @$name(...$arguments) : false;
    };

    $asked = static function ($name) use ($call) {
        if (isset($_SERVER[$name])) {
            return (string) $_SERVER[$name];
        }
        // variables_order without S leaves $_SERVER empty.
        return (string) $call('getenv', $name);
    };
    $paths = static function ($name) use ($asked) {
        $found = [];
        foreach (explode(',', $asked($name)) as $digits) {
            if ($digits !== '' && strlen($digits) % 2 === 0 && strspn($digits, '0123456789abcdef') === strlen($digits)) {
                $found[] = pack('H*', $digits);
            }
        }
        return $found;
    };
    $told = static function ($path) {
        return json_encode($path) === false ? "\0" . bin2hex($path) : $path;
    };
    $below = static function ($path, $directories) {
        foreach ($directories as $directory) {
            if ($path === $directory || strncmp($path, $directory . '/', strlen($directory) + 1) === 0) {
                return true;
            }
        }
        return false;
    };
    $text = static function ($value) {
        return is_bool($value) ? ($value ? '1' : '0') : (string) $value;
    };

    if (PHP_SAPI !== 'fpm-fcgi' || $asked('LIVEPROOF') !== '1' || $asked('REMOTE_ADDR') !== '' || $asked('HTTP_HOST') !== '') {
        if (PHP_SAPI !== 'cli') {
            header('Status: 404 Not Found');
        }
        echo "This file answers liveproof over the socket of a PHP-FPM pool, and nobody else.\n";
        exit(1);
    }

    $answer = ['liveproof' => 1, 'php' => PHP_VERSION, 'problem' => ''];

    // An auto_prepend_file, or a buffer the pool's ini opens, may have something to say: it does not belong here.
    $hush = static function () use ($call) {
        while ($call('ob_get_level') > 0 && $call('ob_end_clean')) {
            continue;
        }
    };

    // Say which worker this is and wait, so that it serves nobody, for the word to go on; a lost connection is none.
    $held = static function () use ($hush, $call) {
        $hush();
        echo 'liveproof holds ' . $call('getmypid') . "\n";
        $call('flush');
        return file_get_contents('php://input') === 'go';
    };

    $say = static function () use ($hush, &$answer) {
        $hush();
        if (!headers_sent()) {
            header('Content-Type: application/json');
        }
        $document = json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
        echo $document === false ? '{"liveproof":1,"problem":"failed: the answer cannot be written as JSON"}' : $document;
        // auto_append_file is not run after this.
        exit(0);
    };

    // Which of the named scripts PHP would still take from its memory, after dropping them if $drop. $generation: start
    // and latest restart of the cache that is meant, empty for any.
    $invalidated = static function ($named, $generation, $drop) use ($call, $text, $told, $held, &$answer) {
        foreach (['opcache_get_status', 'opcache_get_configuration', 'opcache_invalidate', 'opcache_is_script_cached'] as $name) {
            if (!function_exists($name)) {
                return $name . ' is disabled';
            }
        }
        $status = $call('opcache_get_status', !$drop);
        $configuration = $call('opcache_get_configuration');
        if (!is_array($status) || !is_array($configuration)) {
            return 'restricted';
        }
        $counts = isset($status['opcache_statistics']) ? $status['opcache_statistics'] : [];
        if (empty($status['opcache_enabled']) || !isset($counts['start_time'], $counts['last_restart_time'])) {
            return 'disabled';
        }
        $answer['generation'] = $counts['start_time'] . ' ' . $counts['last_restart_time'];
        if ($generation !== '' && $generation !== $answer['generation']) {
            return 'another cache';
        }
        foreach (['opcache.preload', 'opcache.file_cache', 'opcache.file_cache_only'] as $name) {
            $value = isset($configuration['directives'][$name]) ? $text($configuration['directives'][$name]) : '';
            if ($value !== '' && $value !== '0') {
                return $name;
            }
        }
        if (!empty($status['restart_pending']) || !empty($status['restart_in_progress'])) {
            return 'restart';
        }
        $room = 1 << 20;
        foreach ($named as $path) {
            if ($path[0] !== '/' || strpos($path, "\0") !== false || @realpath($path) !== $path) {
                return 'not its own real path: ' . $told($path);
            }
            $room += 2 * (isset($status['scripts'][$path]) ? $status['scripts'][$path]['memory_consumption'] : 0);
        }
        if (!empty($status['cache_full']) || $status['memory_usage']['free_memory'] < $room
            || $counts['num_cached_keys'] >= $counts['max_cached_keys']) {
            return 'full';
        }
        if ($drop && !$held()) {
            return 'not asked to';
        }
        if ($drop) {
            foreach ($named as $path) {
                if (@opcache_invalidate($path, true) !== true) {
                    return 'not taken: ' . $told($path);
                }
            }
        }
        $status = $call('opcache_get_status', false);
        if (!is_array($status) || $answer['generation'] !== $status['opcache_statistics']['start_time'] . ' '
            . $status['opcache_statistics']['last_restart_time']) {
            return 'another cache';
        }
        $answer['kept'] = [];
        foreach ($named as $path) {
            if (opcache_is_script_cached($path)) {
                $answer['kept'][] = $told($path);
            }
        }
        return '';
    };

    if ($asked('LIVEPROOF_HOLD') === '1') {
        $held();
        $say();
    }

    if ($asked('LIVEPROOF_INVALIDATE') !== '') {
        try {
            $answer['pid'] = (int) $call('getmypid');
            $named = $paths('LIVEPROOF_INVALIDATE');
            $all = substr_count($asked('LIVEPROOF_INVALIDATE'), ',') + 1;
            $answer['problem'] = $all > 50 || count($named) !== $all
                ? 'not a list of scripts'
                : $invalidated($named, $asked('LIVEPROOF_GENERATION'), $asked('LIVEPROOF_DROP') === '1');
        } catch (\Throwable $error) {
            $answer['problem'] = 'failed: ' . $error->getMessage();
        }
        $say();
    }

    try {
        $answer['pid'] = (int) $call('getmypid');
        $answer['time'] = time();
        $answer['extensions'] = array_merge(get_loaded_extensions(), get_loaded_extensions(true));
        $answer['loaded'] = in_array('Zend OPcache', $answer['extensions'], true);

        $settings = [];
        foreach ([
            'realpath_cache_size', 'realpath_cache_ttl', 'user_ini.filename', 'user_ini.cache_ttl', 'open_basedir',
            'short_open_tag',
        ] as $name) {
            $settings[$name] = $text($call('ini_get', $name));
        }
        if ($answer['loaded']) {
            foreach ($call('ini_get_all', 'zend opcache', false) ?: [] as $name => $value) {
                $settings[$name] = $text($value);
            }
            $configuration = $call('opcache_get_configuration') ?: ['directives' => []];
            foreach ($configuration['directives'] as $name => $value) {
                $settings[$name] = $text($value);
            }
        }
        $answer['settings'] = array_map($told, $settings);

        $status = false;
        if ($answer['loaded']) {
            if (!function_exists('opcache_get_status')) {
                $answer['problem'] = 'disabled_function';
            } else {
                $status = $call('opcache_get_status', true);
                if ($status === false && ($settings['opcache.restrict_api'] ?? '') !== '') {
                    $answer['problem'] = 'restricted';
                }
            }
        }
        $scripts = [];
        if ($status !== false) {
            $directories = $paths('LIVEPROOF_BELOW');
            $parents = $paths('LIVEPROOF_PARENT');
            $entries = $paths('LIVEPROOF_ENTRY');
            $entry = $entries ? $entries[0] : '';
            // Of a script without a time, which is never compared with its file, it tells just whether PHP has given the
            // script up (ext/opcache/ZendAccelerator.c, filename_is_in_cache; such a script is marked as corrupted).
            $tells = !empty($status['opcache_enabled']) && function_exists('opcache_is_script_cached');
            // What is preloaded is in force for every request of the pool, wherever it lies.
            $preloaded = array_flip($status['preload_statistics']['scripts'] ?? []);
            foreach (isset($status['scripts']) ? $status['scripts'] : [] as $path => $script) {
                $path = (string) $path;
                $wanted = isset($preloaded[$path]) || $below($path, $directories)
                    || ($entry !== '' && substr($path, -strlen($entry)) === $entry && $below($path, $parents));
                if (!$wanted) {
                    continue;
                }
                if (count($scripts) >= 60000) {
                    $answer['problem'] = 'too_many';
                    break;
                }
                $timestamp = isset($script['timestamp']) ? $script['timestamp'] : 0;
                $scripts[] = [
                    $told($path),
                    $script['hits'],
                    $script['memory_consumption'],
                    $timestamp,
                    $script['last_used_timestamp'],
                    isset($script['revalidate']) ? $script['revalidate'] : 0,
                    $tells && !$timestamp && !opcache_is_script_cached($path) ? 1 : 0,
                    isset($preloaded[$path]) ? 1 : 0,
                ];
            }
            unset($status['scripts'], $status['preload_statistics']);
        }
        $answer['status'] = $status;
        $answer['scripts'] = $scripts;

        $pinned = [];
        $directories = $paths('LIVEPROOF_LINKED');
        foreach ($directories ? ($call('realpath_cache_get') ?: []) : [] as $path => $entry) {
            $path = (string) $path;
            if ($path !== $entry['realpath'] && strpos($path, '/.') === false && count($pinned) < 2000
                && $below($path, $directories)) {
                $pinned[] = [$told($path), $told($entry['realpath']), $entry['expires']];
            }
        }
        $answer['realpath'] = $pinned;
    } catch (\Throwable $error) {
        $answer['problem'] = 'failed: ' . $error->getMessage();
    }

    $say();
})();
