<?php

return [
    'defaults' => ['guard' => 'people'],
    'guards' => ['people' => ['driver' => 'people']],
    'providers' => [],
];
