<?php

namespace App\Events;

use Illuminate\Broadcasting\Channel;
use Illuminate\Broadcasting\InteractsWithSockets;
use Illuminate\Contracts\Broadcasting\ShouldBroadcastNow;

/** Everybody hears this: Echo.channel('public').listen('PublicMessageSent', …). */
class PublicMessageSent implements ShouldBroadcastNow
{
    use InteractsWithSockets;

    public function __construct(public string $text)
    {
    }

    public function broadcastOn(): Channel
    {
        return new Channel('public');
    }
}
