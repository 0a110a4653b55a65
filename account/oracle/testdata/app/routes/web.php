<?php

/*
 * The paths of Fortify and Sanctum, served by the framework alone: its validation, middleware, guards and password broker. What
 * Fortify's own controllers add was written anew from its documentation, as short as it can be.
 */

use App\Forms;
use App\Member;
use App\Page;
use Illuminate\Auth\Events\Verified;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\Hash;
use Illuminate\Support\Facades\Password;
use Illuminate\Support\Facades\Route;
use Illuminate\Validation\ValidationException;

$empty = fn (Request $request, int $status, $html) => $request->wantsJson() ? new JsonResponse($status === 204 ? null : '', $status) : $html;

Route::get('/sanctum/csrf-cookie', fn () => response()->noContent());
Route::get('/test/token', fn () => csrf_token()); // what a page has in its meta tag

Route::middleware('guest')->group(function () use ($empty) {
    Route::get('/login', fn () => Page::show('Auth/Login'))->name('login');
    Route::get('/register', fn () => Page::show('Auth/Register'));
    Route::get('/forgot-password', fn () => Page::show('Auth/ForgotPassword'));
    Route::get('/reset-password/{token}', fn (Request $request, string $token) => Page::show('Auth/ResetPassword', [
        'email' => $request->query('email'), 'token' => $token,
    ]))->name('password.reset');

    Route::post('/login', function (Request $request) {
        $request->validate(['email' => 'required|string', 'password' => 'required|string']);
        if (! Auth::attempt($request->only('email', 'password'), $request->boolean('remember'))) {
            throw ValidationException::withMessages(['email' => [trans('auth.failed')]]);
        }
        $request->session()->regenerate();

        return $request->wantsJson() ? response()->json(['two_factor' => false]) : redirect()->intended('/');
    })->middleware('throttle:login');

    Route::post('/register', function (Request $request) use ($empty) {
        $request->validate(Forms::register());
        $member = Member::create(['password' => Hash::make($request->password)] + $request->only('name', 'email'));
        $member->sendEmailVerificationNotification();
        Auth::login($member);

        return $empty($request, 201, redirect()->intended('/'));
    });

    Route::post('/forgot-password', function (Request $request) {
        $request->validate(['email' => 'required|email']);
        $status = Password::sendResetLink($request->only('email'));
        if ($status !== Password::RESET_LINK_SENT) {
            throw ValidationException::withMessages(['email' => [trans($status)]]);
        }

        return $request->wantsJson() ? new JsonResponse(['message' => trans($status)]) : back()->with('status', trans($status));
    });

    Route::post('/reset-password', function (Request $request) {
        $request->validate(['token' => 'required', 'email' => 'required|email', 'password' => Forms::password()]);
        $status = Password::reset($request->only('email', 'password', 'password_confirmation', 'token'), function (Member $member, string $password) {
            $member->update(['password' => Hash::make($password)]);
        });
        if ($status !== Password::PASSWORD_RESET) {
            throw ValidationException::withMessages(['email' => [trans($status)]]);
        }

        return $request->wantsJson() ? new JsonResponse(['message' => trans($status)]) : redirect('/login')->with('status', trans($status));
    });
});

Route::middleware('auth')->group(function () use ($empty) {
    Route::get('/email/verify', fn (Request $request) => $request->user()->hasVerifiedEmail()
        ? redirect('/') : Page::show('Auth/VerifyEmail'))->name('verification.notice');
    Route::get('/email/verify/{id}/{hash}', function (Request $request, string $id, string $hash) use ($empty) {
        $member = $request->user();
        abort_unless(hash_equals((string) $member->getKey(), $id) && hash_equals(sha1($member->email), $hash), 403, 'This action is unauthorized.');
        if (! $member->hasVerifiedEmail() && $member->markEmailAsVerified()) {
            event(new Verified($member));
        }

        return $empty($request, 204, redirect('/?verified=1'));
    })->middleware('signed', 'throttle:6,1')->name('verification.verify');
    Route::post('/email/verification-notification', function (Request $request) use ($empty) {
        if ($request->user()->hasVerifiedEmail()) {
            return $empty($request, 204, redirect('/'));
        }
        $request->user()->sendEmailVerificationNotification();

        return $empty($request, 202, back()->with('status', 'verification-link-sent'));
    })->middleware('throttle:6,1');

    Route::get('/user/confirm-password', fn () => Page::show('Auth/ConfirmPassword'))->name('password.confirm');
    Route::get('/user/confirmed-password-status', fn (Request $request) => ['confirmed' => (time() - $request->session()
        ->get('auth.password_confirmed_at', 0)) < $request->input('seconds', config('auth.password_timeout'))]);
    Route::post('/user/confirm-password', function (Request $request) use ($empty) {
        if (! Hash::check((string) $request->password, $request->user()->password)) {
            throw ValidationException::withMessages(['password' => ['The provided password was incorrect.']]);
        }
        $request->session()->passwordConfirmed();

        return $empty($request, 201, redirect()->intended('/'));
    });

    Route::get('/api/user', fn (Request $request) => $request->user()); // for pages of the same site Sanctum takes the session
    Route::get('/user/profile', fn () => Page::show('Profile/Show'));
    Route::get('/user/api-tokens', fn () => Page::show('API/Index'))->middleware('verified');
    Route::put('/user/profile-information', function (Request $request) use ($empty) {
        $member = $request->user();
        $request->validateWithBag('updateProfileInformation', Forms::profile($member));
        $changed = $request->email !== $member->email;
        $member->update($request->only('name', 'email') + ($changed ? ['email_verified_at' => null] : []));
        if ($changed) {
            $member->sendEmailVerificationNotification();
        }

        return $empty($request, 200, back()->with('status', 'profile-information-updated'));
    });
    Route::put('/user/password', function (Request $request) use ($empty) {
        $request->validateWithBag('updatePassword', [
            'current_password' => ['required', 'string', function ($attribute, $value, $fail) use ($request) {
                if (! is_string($value) || ! Hash::check($value, $request->user()->password)) {
                    $fail('The provided password does not match your current password.');
                }
            }],
            'password' => Forms::password(),
        ]);
        $request->user()->update(['password' => Hash::make($request->password)]);

        return $empty($request, 200, back()->with('status', 'password-updated'));
    });
    Route::post('/user/two-factor-authentication', fn () => response()->json(''))->middleware('password.confirm');
    Route::get('/user/two-factor-recovery-codes', fn () => [])->middleware('password.confirm');

    Route::post('/logout', function (Request $request) use ($empty) {
        Auth::logout();
        $request->session()->invalidate();
        $request->session()->regenerateToken();

        return $empty($request, 204, redirect('/'));
    });
});
