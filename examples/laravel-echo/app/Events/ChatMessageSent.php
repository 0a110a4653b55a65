<?php

namespace App\Events;

use Illuminate\Broadcasting\InteractsWithSockets;
use Illuminate\Broadcasting\PrivateChannel;
use Illuminate\Contracts\Broadcasting\ShouldBroadcastNow;

/** A room hears this: Echo.private('chat.7').listen('ChatMessageSent', …). */
class ChatMessageSent implements ShouldBroadcastNow
{
    use InteractsWithSockets;

    public function __construct(public string $room, public array $payload)
    {
    }

    public function broadcastOn(): PrivateChannel
    {
        return new PrivateChannel('chat.'.$this->room);
    }
}
