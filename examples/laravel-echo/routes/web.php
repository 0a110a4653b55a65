<?php

use App\Events\ChatMessageSent;
use App\Events\PublicMessageSent;
use App\Notifications\Greeting;
use App\User;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Route;

// The page.
Route::get('/', fn () => response()->file(public_path('index.html')));
Route::get('/settings', fn () => ['madang' => config('app.madang'), 'people' => config('people')]);
foreach (['/echo.js' => 'laravel-echo/dist/echo.iife.js', '/pusher.js' => 'pusher-js/dist/web/pusher.min.js'] as $path => $file) {
    Route::get($path, function () use ($file) {
        abort_unless(is_file(base_path("node_modules/$file")), 404, 'npm ci');

        return response()->file(base_path("node_modules/$file"), ['Content-Type' => 'text/javascript']);
    });
}

// What the buttons do. Echo's id comes in the header X-Socket-ID, so that toOthers() leaves its sender out.
Route::post('/public', function (Request $request) {
    broadcast(new PublicMessageSent((string) $request->input('text')));

    return response()->noContent();
});
Route::post('/chat/{room}', function (Request $request, string $room) {
    $user = $request->user() ?? abort(401);
    abort_unless(in_array($room, $user->rooms, true), 403);
    broadcast(new ChatMessageSent($room, ['from' => $user->name, 'text' => (string) $request->input('text')]))->toOthers();

    return response()->noContent();
});
Route::post('/greet/{id}', function (Request $request, int $id) {
    $from = $request->user() ?? abort(401);
    (User::find($id) ?? abort(404))->notify(new Greeting($from->name.' 님이 인사합니다.'));

    return response()->noContent();
});
