<?php

namespace App;

use Illuminate\Foundation\Http\Middleware\TrimStrings as Middleware;

/** As in a new project. */
class TrimStrings extends Middleware
{
    protected $except = ['current_password', 'password', 'password_confirmation'];
}
