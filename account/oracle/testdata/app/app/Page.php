<?php

namespace App;

use Illuminate\Support\MessageBag;
use Illuminate\Support\ViewErrorBag;

/** A page, as the data that the page would be drawn from: what the request before has left in the session for it. */
class Page
{
    public static function show(string $component, array $props = [])
    {
        $bags = session('errors', new ViewErrorBag)->getBags();
        $errors = [];
        foreach ($bags as $name => $bag) {
            $first = array_map(fn (array $texts) => $texts[0], $bag->toArray());
            $errors = $name === 'default' ? $first + $errors : [$name => $first] + $errors;
        }

        return response(json_encode([
            'component' => $component,
            'props' => (object) $props,
            'errors' => (object) $errors,
            'status' => session('status'),
        ]))->header('Content-Type', 'text/html; charset=UTF-8');
    }
}
