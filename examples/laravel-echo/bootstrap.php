<?php

/*
 * Makes the application, as bootstrap/app.php of any Laravel project does. Two things are different because there is no
 * Composer here: the framework is Debian's, and classes of App\ are found by name.
 */

error_reporting(E_ALL & ~E_DEPRECATED); // Laravel 8 on PHP 8.2

if (! stream_resolve_include_path('Illuminate/autoload.php')) {
    fwrite(STDERR, "Laravel is missing: apt-get install -y --no-install-recommends php-cli php-laravel-framework php-redis php-predis php-curl php-guzzlehttp-guzzle\n");
    exit(1);
}

require_once 'Illuminate/autoload.php';
require_once 'Predis/autoload.php';

spl_autoload_register(function (string $class): void {
    $file = __DIR__.'/'.lcfirst(strtr($class, '\\', '/')).'.php';
    if (str_starts_with($class, 'App\\') && is_file($file)) {
        require $file;
    }
});

if (! class_exists(Pusher\Pusher::class)) {
    require __DIR__.'/pusher.php';
}

// What Laravel writes for itself does not belong among these files.
$cache = sys_get_temp_dir().'/madang-laravel-echo-'.md5(__DIR__.getmyuid());
@mkdir($cache.'/framework', 0700, true);
foreach (['APP_PACKAGES_CACHE' => 'packages.php', 'APP_SERVICES_CACHE' => 'services.php'] as $name => $file) {
    $_ENV[$name] = $_SERVER[$name] = "$cache/$file";
}

$app = new Illuminate\Foundation\Application(__DIR__);
$app->useStoragePath($cache);
$app->singleton(Illuminate\Contracts\Http\Kernel::class, App\Http\Kernel::class);
$app->singleton(Illuminate\Contracts\Console\Kernel::class, Illuminate\Foundation\Console\Kernel::class);
$app->singleton(Illuminate\Contracts\Debug\ExceptionHandler::class, Illuminate\Foundation\Exceptions\Handler::class);

return $app;
