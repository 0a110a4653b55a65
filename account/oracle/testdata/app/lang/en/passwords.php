<?php

return App\Words::of('passwords');
