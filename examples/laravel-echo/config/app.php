<?php

return [
    'name' => env('APP_NAME', 'Laravel'),
    'env' => env('APP_ENV', 'local'),
    'debug' => (bool) env('APP_DEBUG', false),
    'timezone' => 'UTC',
    'locale' => 'ko',
    // What the page is told: where Madang is, the key of pusher-js, and the appId and key of laravel-echo-server.json. With
    // that last one the page publishes by itself; without it (MADANG_KEY=) the chat goes through Laravel. It opens the
    // whole HTTP interface, so do not give it to pages of people whom you do not trust.
    'madang' => [
        'url' => env('MADANG_URL', 'http://127.0.0.1:6001'),
        'app' => env('MADANG_APP', '4d6164616e674170'),
        'key' => env('MADANG_KEY', '5a3c9f7e21b84d06ac51e0f2937b6c48'),
        'pusher' => env('PUSHER_APP_KEY', 'madang-key'),
    ],
    'providers' => [
        Illuminate\Auth\AuthServiceProvider::class,
        Illuminate\Broadcasting\BroadcastServiceProvider::class,
        Illuminate\Bus\BusServiceProvider::class,
        Illuminate\Filesystem\FilesystemServiceProvider::class,
        Illuminate\Foundation\Providers\FoundationServiceProvider::class,
        Illuminate\Notifications\NotificationServiceProvider::class,
        Illuminate\Queue\QueueServiceProvider::class,
        Illuminate\Redis\RedisServiceProvider::class,
        Illuminate\Translation\TranslationServiceProvider::class,
        Illuminate\View\ViewServiceProvider::class,
        App\Providers::class,
    ],
    'aliases' => [],
];
