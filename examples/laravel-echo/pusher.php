<?php

/*
 * What Laravel's drivers pusher and reverb need of the Composer package pusher/pusher-php-server, for machines without
 * Composer: it signs what a page may subscribe to, and sends events over HTTP. A real project requires that package, and
 * this file has no effect.
 */

namespace Pusher;

class ApiErrorException extends \Exception
{
}

class Pusher
{
    public function __construct(private string $key, private string $secret, private string $app, private array $options = [])
    {
    }

    /** Signs a subscription to a private channel; with data, the member of a presence channel. */
    public function socket_auth(string $channel, string $socket, ?string $data = null): string
    {
        if (! preg_match('/\A\d+\.\d+\z/', $socket)) {
            throw new \InvalidArgumentException("Invalid socket ID $socket");
        }
        $text = $data === null ? "$socket:$channel" : "$socket:$channel:$data";
        $answer = ['auth' => $this->key.':'.hash_hmac('sha256', $text, $this->secret)];

        return json_encode($data === null ? $answer : $answer + ['channel_data' => $data], JSON_UNESCAPED_SLASHES);
    }

    public function presence_auth(string $channel, string $socket, string|int $user, $info = null): string
    {
        return $this->socket_auth($channel, $socket, json_encode(['user_id' => $user] + ($info ? ['user_info' => $info] : [])));
    }

    /** Sends an event, signed as Pusher's HTTP interface wants it. */
    public function trigger(array $channels, string $event, $data, array $params = []): void
    {
        $body = json_encode(['name' => $event, 'data' => json_encode($data), 'channels' => $channels] + $params);
        $path = "/apps/{$this->app}/events";
        $query = http_build_query([
            'auth_key' => $this->key, 'auth_timestamp' => time(), 'auth_version' => '1.0', 'body_md5' => md5($body),
        ]);
        $query .= '&auth_signature='.hash_hmac('sha256', "POST\n$path\n$query", $this->secret);
        $http = ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => $body, 'ignore_errors' => true, 'timeout' => 10];
        $answer = @file_get_contents($this->options['url'].$path.'?'.$query, false, stream_context_create(['http' => $http]));
        if ($answer === false || ! str_contains($http_response_header[0], ' 200 ')) {
            throw new ApiErrorException($answer === false ? "{$this->options['url']} does not answer" : $answer);
        }
    }
}
