<?php

namespace App\Notifications;

use Illuminate\Notifications\Messages\BroadcastMessage;
use Illuminate\Notifications\Notification;

/** A user hears this: Echo.private('App.Models.User.1').notification(…). */
class Greeting extends Notification
{
    public function __construct(private string $message)
    {
    }

    public function via($notifiable): array
    {
        return ['broadcast'];
    }

    public function toBroadcast($notifiable): BroadcastMessage
    {
        return new BroadcastMessage(['message' => $this->message]);
    }
}
