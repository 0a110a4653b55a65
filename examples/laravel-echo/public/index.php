<?php

use Illuminate\Contracts\Http\Kernel;
use Illuminate\Http\Request;

// PHP's own server asks here for everything; files of this folder it sends itself.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (PHP_SAPI === 'cli-server' && $path !== '/' && is_file(__DIR__.$path)) {
    return false;
}

$app = require __DIR__.'/../bootstrap.php';
$kernel = $app->make(Kernel::class);
$response = $kernel->handle($request = Request::capture());
$response->send();
$kernel->terminate($request, $response);
