<?php

return App\Words::of('auth');
