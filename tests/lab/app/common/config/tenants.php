<?php

// What each tenant of the gateway may do; the keys are public names, never secrets.
$tenants = [];
foreach (['friseur', 'praxis', 'werkstatt', 'kanzlei', 'restaurant', 'hotel'] as $trade) {
    foreach (range(1, 12) as $number) {
        $tenants["$trade$number"] = [
            'name' => ucfirst($trade).' '.$number,
            'locale' => 'de_DE',
            'timezone' => 'Europe/Berlin',
            'agent' => "agent-$trade-$number",
            'functions' => ['check_availability', 'book_appointment', 'current_time'],
            'limits' => ['calls_per_minute' => 10 + $number, 'concurrent_calls' => 2 + $number % 4],
            'opening_hours' => array_fill_keys(['mon', 'tue', 'wed', 'thu', 'fri'], ['09:00', '18:00']),
        ];
    }
}

return $tenants;
