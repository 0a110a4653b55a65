<?php

namespace App\Http;

use Illuminate\Foundation\Http\Kernel as HttpKernel;

/** No middleware: users show a token with each request, so there is neither a session nor a CSRF token. */
class Kernel extends HttpKernel
{
}
