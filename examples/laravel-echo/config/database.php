<?php

use Illuminate\Support\Str;

return [
    'redis' => [
        'client' => env('REDIS_CLIENT', 'phpredis'), // or predis
        'options' => [
            // What stands before the names of channels in Redis: Madang's laravel.prefixes, or keyPrefix in
            // laravel-echo-server.json. It is made of APP_NAME as in Laravel's own file.
            'prefix' => env('REDIS_PREFIX', Str::slug(env('APP_NAME', 'laravel'), '_').'_database_'),
        ],
        'default' => [
            'host' => env('REDIS_HOST', '127.0.0.1'),
            'port' => env('REDIS_PORT', '6379'),
            'password' => env('REDIS_PASSWORD', null),
            'database' => env('REDIS_DB', '0'),
        ],
    ],
];
