<?php

namespace App;

use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\Broadcast;
use Illuminate\Support\Facades\Route;
use Illuminate\Support\ServiceProvider;

/** What AuthServiceProvider, BroadcastServiceProvider and RouteServiceProvider do in a new Laravel project. */
class Providers extends ServiceProvider
{
    public function boot(): void
    {
        Auth::viaRequest('people', fn ($request) => User::of($request));
        Broadcast::routes(['middleware' => []]); // POST /broadcasting/auth
        require base_path('routes/channels.php');
        Route::group([], base_path('routes/web.php'));
    }
}
