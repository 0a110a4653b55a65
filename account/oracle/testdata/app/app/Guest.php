<?php

namespace App;

use Closure;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Auth;

/** RedirectIfAuthenticated of a new project. */
class Guest
{
    public function handle(Request $request, Closure $next, ...$guards)
    {
        return Auth::guard()->check() ? redirect('/') : $next($request);
    }
}
