<?php

namespace App;

use Illuminate\Foundation\Exceptions\Handler as Exceptions;

/** As in a new project: passwords are not put back into forms. */
class Handler extends Exceptions
{
    protected $dontFlash = ['current_password', 'password', 'password_confirmation'];
}
