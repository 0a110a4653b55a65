<?php

return [
    'defaults' => ['guard' => 'web', 'passwords' => 'members'],
    'guards' => ['web' => ['driver' => 'session', 'provider' => 'members']],
    'providers' => ['members' => ['driver' => 'eloquent', 'model' => App\Member::class]],
    'passwords' => ['members' => ['provider' => 'members', 'table' => 'password_resets', 'expire' => 30, 'throttle' => 30]],
    'password_timeout' => 10800,
];
