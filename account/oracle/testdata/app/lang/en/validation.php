<?php

return App\Words::of('validation');
