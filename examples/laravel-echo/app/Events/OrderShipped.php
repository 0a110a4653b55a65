<?php

namespace App\Events;

use Illuminate\Broadcasting\Channel;
use Illuminate\Broadcasting\PrivateChannel;
use Illuminate\Contracts\Broadcasting\ShouldBroadcastNow;

/** An event with a name and data of its own, in two channels: Echo.channel('orders').listen('.order.shipped', …). */
class OrderShipped implements ShouldBroadcastNow
{
    public function __construct(private int $id, private string $room)
    {
    }

    public function broadcastOn(): array
    {
        return [new Channel('orders'), new PrivateChannel('chat.'.$this->room)];
    }

    public function broadcastAs(): string
    {
        return 'order.shipped';
    }

    public function broadcastWith(): array
    {
        return ['order' => ['id' => $this->id, 'lines' => []]];
    }
}
