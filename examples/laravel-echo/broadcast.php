<?php

/*
 * Fires one event, as a controller, a job or a schedule would:
 *
 *   php broadcast.php public TEXT              PublicMessageSent in the channel public
 *   php broadcast.php chat ROOM TEXT           ChatMessageSent in private-chat.ROOM
 *   php broadcast.php room ROOM TEXT           RoomOpened in presence-room.ROOM
 *   php broadcast.php order ID ROOM            order.shipped in orders and private-chat.ROOM
 *   php broadcast.php notify USER TEXT         a notification for a user
 *   php broadcast.php raw CHANNEL EVENT JSON   what the broadcaster is given
 *
 * --socket=ID before these is the connection that is left out (toOthers). REDIS_CLIENT is phpredis or predis.
 */

use App\Events\ChatMessageSent;
use App\Events\OrderShipped;
use App\Events\PublicMessageSent;
use App\Events\RoomOpened;
use App\Notifications\Greeting;
use App\User;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Broadcast;

$app = require __DIR__.'/bootstrap.php';
$app->make(Kernel::class)->bootstrap();

$words = array_slice($argv, 1);
$server = [];
if (str_starts_with($words[0] ?? '', '--socket=')) {
    $server['HTTP_X_SOCKET_ID'] = substr(array_shift($words), strlen('--socket='));
}
$app->instance('request', Request::create('/', 'POST', [], [], [], $server)); // toOthers() asks it

[$what, $a, $b, $c] = array_pad($words, 4, '');
match ($what) {
    'public' => broadcast(new PublicMessageSent($a))->toOthers(),
    'chat' => broadcast(new ChatMessageSent($a, ['text' => $b]))->toOthers(),
    'room' => broadcast(new RoomOpened($a, $b)),
    'order' => broadcast(new OrderShipped((int) $a, $b)),
    'notify' => User::find((int) $a)->notify(new Greeting($b)),
    'raw' => Broadcast::driver()->broadcast([$a], $b, json_decode($c, true)),
    default => exit("usage: see the top of broadcast.php\n"),
};
