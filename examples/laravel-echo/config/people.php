<?php

// Who may come, with what they show. These tokens are for this example only.
return [
    ['id' => 1, 'name' => '하늘', 'token' => 'token-of-1', 'rooms' => ['7', '1']],
    ['id' => 2, 'name' => '바다', 'token' => 'token-of-2', 'rooms' => ['7', '1']],
    ['id' => 3, 'name' => '솔', 'token' => 'token-of-3', 'rooms' => []],
];
