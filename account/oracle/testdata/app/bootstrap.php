<?php

/*
 * Makes the application, as bootstrap/app.php of any Laravel project does. There is no Composer: the framework is Debian's,
 * and classes of App\ are found by name. STATE is the folder for all that the application writes.
 */

error_reporting(E_ALL & ~E_DEPRECATED); // Laravel 8 on PHP 8.2

require_once 'Illuminate/autoload.php';

spl_autoload_register(function (string $class): void {
    $file = __DIR__.'/'.lcfirst(strtr($class, '\\', '/')).'.php';
    if (str_starts_with($class, 'App\\') && is_file($file)) {
        require $file;
    }
});

$state = getenv('STATE');
foreach (['framework/sessions', 'framework/cache', 'framework/views'] as $folder) {
    @mkdir("$state/$folder", 0700, true);
}
foreach (['APP_PACKAGES_CACHE' => 'packages.php', 'APP_SERVICES_CACHE' => 'services.php'] as $name => $file) {
    $_ENV[$name] = $_SERVER[$name] = "$state/$file";
}

$app = new Illuminate\Foundation\Application(__DIR__);
$app->useStoragePath($state);
$app->instance('path.lang', __DIR__.'/lang');
$app->singleton(Illuminate\Contracts\Http\Kernel::class, App\Kernel::class);
$app->singleton(Illuminate\Contracts\Console\Kernel::class, Illuminate\Foundation\Console\Kernel::class);
$app->singleton(Illuminate\Contracts\Debug\ExceptionHandler::class, App\Handler::class);

return $app;
