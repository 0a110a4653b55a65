<?php

namespace App;

use Illuminate\Validation\Rule;

/** The rules of the forms, as the actions that Fortify publishes into a project have them. */
class Forms
{
    public static function password(): array
    {
        return ['required', 'string', 'min:8', 'confirmed'];
    }

    public static function register(): array
    {
        return [
            'name' => ['required', 'string', 'max:255'],
            'email' => ['required', 'string', 'email', 'max:255', Rule::unique('members')],
            'password' => self::password(),
            'terms' => ['accepted'],
        ];
    }

    public static function profile(Member $member): array
    {
        return [
            'name' => ['required', 'string', 'max:255'],
            'email' => ['required', 'email', 'max:255', Rule::unique('members')->ignore($member->id)],
            'photo' => ['nullable', 'mimes:jpg,jpeg,png', 'max:1024'],
        ];
    }
}
