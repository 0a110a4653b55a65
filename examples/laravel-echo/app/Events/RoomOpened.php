<?php

namespace App\Events;

use Illuminate\Broadcasting\PresenceChannel;
use Illuminate\Contracts\Broadcasting\ShouldBroadcastNow;

/** Who is in a room hears this: Echo.join('room.7').listen('RoomOpened', …). It has no socket: all hear it. */
class RoomOpened implements ShouldBroadcastNow
{
    public function __construct(public string $room, public string $text)
    {
    }

    public function broadcastOn(): PresenceChannel
    {
        return new PresenceChannel('room.'.$this->room);
    }
}
