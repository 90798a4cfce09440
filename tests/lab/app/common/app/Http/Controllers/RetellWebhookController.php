<?php

namespace App\Http\Controllers;

use Illuminate\Http\Request;
use Illuminate\Support\Facades\Log;

class RetellWebhookController extends Controller
{
    const EVENTS = ['call_started', 'call_ended', 'call_analyzed'];

    public function __invoke(Request $request)
    {
        $event = (string) $request->input('event', '');
        if (! in_array($event, self::EVENTS, true)) {
            return response()->json(['error' => 'unknown event'], 422);
        }
        Log::info('RetellWebhookController: '.$event, ['call_id' => data_get($request->all(), 'call.call_id', 'unknown')]);

        return response()->json(['received' => $event]);
    }
}
