<?php

namespace App;

use Illuminate\Auth\GenericUser;
use Illuminate\Http\Request;
use Illuminate\Notifications\Notifiable;

/** One of the people in config/people.php. A real application has them in its database. */
class User extends GenericUser
{
    use Notifiable;

    public static function find(int $id): ?self
    {
        foreach (config('people') as $person) {
            if ($person['id'] === $id) {
                return new self($person);
            }
        }

        return null;
    }

    /** Finds who sends a request: by "Authorization: Bearer <token>", or by the cookie "token". */
    public static function of(Request $request): ?self
    {
        $token = $request->bearerToken() ?: $request->cookies->get('token');
        foreach (config('people') as $person) {
            if (is_string($token) && hash_equals($person['token'], $token)) {
                return new self($person);
            }
        }

        return null;
    }

    /** Notifications go to this private channel; the default would be App.User.{id}, the name of this class. */
    public function receivesBroadcastNotificationsOn(): string
    {
        return 'App.Models.User.'.$this->id;
    }

    public function getKey(): int
    {
        return $this->id;
    }
}
