<?php

namespace App;

use Illuminate\Auth\Middleware\Authenticate as Middleware;

/** As in a new project. */
class Authenticate extends Middleware
{
    protected function redirectTo($request)
    {
        if (! $request->expectsJson()) {
            return route('login');
        }
    }
}
