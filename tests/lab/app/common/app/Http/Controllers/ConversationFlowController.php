<?php

namespace App\Http\Controllers;

class ConversationFlowController extends Controller
{
    private $flows = [
        'booking' => ['greeting', 'collect_date', 'check_availability', 'book_appointment', 'goodbye'],
        'cancellation' => ['greeting', 'identify_caller', 'cancel_appointment', 'goodbye'],
    ];

    public function index()
    {
        return response()->json(['flows' => array_keys($this->flows)]);
    }

    public function show($flow)
    {
        abort_unless(isset($this->flows[$flow]), 404);

        return response()->json(['flow' => $flow, 'nodes' => $this->flows[$flow]]);
    }

    public function validateFlow($flow)
    {
        return response()->json(['flow' => $flow, 'valid' => isset($this->flows[$flow])]);
    }
}
