<?php

// For the test alone: to begin again, to let time pass, and to read mails.

use App\Member;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\File;
use Illuminate\Support\Facades\Hash;
use Illuminate\Support\Facades\Route;
use Illuminate\Support\Facades\Schema;

Route::get('/test/ready', fn () => response()->noContent(200));

Route::get('/test/fresh', function () {
    foreach (['framework/sessions', 'framework/cache'] as $folder) {
        File::cleanDirectory(storage_path($folder));
    }
    File::delete(storage_path('later'), storage_path('mail-reset'), storage_path('mail-verify'));
    touch(storage_path('members.sqlite'));
    Schema::dropAllTables();
    Schema::create('members', function (Blueprint $table) {
        $table->id();
        $table->string('name');
        $table->string('email')->unique();
        $table->timestamp('email_verified_at')->nullable();
        $table->string('password');
        $table->rememberToken();
        $table->timestamps();
    });
    Schema::create('password_resets', function (Blueprint $table) {
        $table->string('email')->index();
        $table->string('token');
        $table->timestamp('created_at')->nullable();
    });
    foreach (['kim' => now(), 'lee' => null] as $name => $verified) {
        Member::create([
            'name' => ucfirst($name), 'email' => "$name@example.com", 'email_verified_at' => $verified, 'password' => Hash::make('correct horse'),
        ]);
    }

    return response()->noContent();
});

Route::get('/test/later', function (Request $request) {
    $before = (int) @file_get_contents(storage_path('later'));
    file_put_contents(storage_path('later'), $before + (int) $request->query('seconds'));

    return response()->noContent();
});

// What Laravel makes of requests: a list of {headers, body} comes as JSON, and for each goes back what it wants and expects, and
// what is in the fields.
Route::post('/test/requests', function (Request $request) {
    $answers = [];
    foreach ($request->json()->all() as $asked) {
        parse_str((string) $asked['form'], $fields); // the empty text has become null on its way here
        $one = Request::create('/x', 'POST', $fields);
        $one->headers->replace($asked['headers']);
        if ($asked['json'] !== null) {
            $one->headers->set('Content-Type', 'application/json');
            $one->initialize([], [], [], [], [], $one->server->all(), $asked['json']);
            $one->headers->replace($asked['headers'] + ['Content-Type' => 'application/json']);
        }
        $one = app(App\TrimStrings::class)->handle($one, fn ($r) => $r);
        $answers[] = [
            'wants' => $one->wantsJson(),
            'expects' => $one->expectsJson(),
            'text' => is_string($one->input('a')) ? base64_encode($one->input('a')) : '',
            'password' => is_string($one->input('password')) ? base64_encode($one->input('password')) : '',
            'flag' => $one->boolean('a'),
        ];
    }

    return $answers;
});

Route::get('/test/mail/{kind}', fn (string $kind) => response(file_get_contents(storage_path('mail-'.basename($kind)))));
