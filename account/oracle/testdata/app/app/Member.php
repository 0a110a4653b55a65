<?php

namespace App;

use Illuminate\Contracts\Auth\MustVerifyEmail;
use Illuminate\Foundation\Auth\User;
use Illuminate\Support\Carbon;
use Illuminate\Support\Facades\URL;

/** Somebody. Instead of a mail there is the link of it in a file. */
class Member extends User implements MustVerifyEmail
{
    protected $guarded = [];

    protected $hidden = ['password', 'remember_token'];

    public function sendPasswordResetNotification($token)
    {
        self::mail('reset', route('password.reset', ['token' => $token, 'email' => $this->email]));
    }

    public function sendEmailVerificationNotification()
    {
        self::mail('verify', URL::temporarySignedRoute('verification.verify', Carbon::now()->addMinutes(60), [
            'id' => $this->getKey(), 'hash' => sha1($this->getEmailForVerification()),
        ]));
    }

    private static function mail(string $kind, string $link): void
    {
        file_put_contents(storage_path("mail-$kind"), $link);
    }
}
