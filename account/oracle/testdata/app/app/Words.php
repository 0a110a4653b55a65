<?php

namespace App;

/**
 * The texts of resources/lang, which are no part of the framework but of a new project: the file WORDS has them, written by the
 * test. So what Laravel decides here is which of them it says, about what it calls which field, and in which order.
 */
class Words
{
    public static function of(string $group): array
    {
        $all = json_decode(file_get_contents(getenv('WORDS')), true, 8, JSON_THROW_ON_ERROR);

        return $all[$group];
    }
}
