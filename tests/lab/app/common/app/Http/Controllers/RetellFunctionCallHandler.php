<?php

namespace App\Http\Controllers;

use App\Jobs\RecordCall;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Log;

class RetellFunctionCallHandler extends Controller
{
    const VERSION = 'handler-v1';

    public function __invoke(Request $request)
    {
        $key = config('services.retell.api_key');
        if ($key && $request->hasHeader('X-Retell-Signature')) {
            $want = hash_hmac('sha256', $request->getContent(), $key);
            if (! hash_equals($want, (string) $request->header('X-Retell-Signature'))) {
                return response()->json(['error' => 'bad signature'], 401);
            }
        }

        $name = (string) $request->input('name', $request->input('function', ''));
        $args = (array) $request->input('args', []);
        $callId = (string) data_get($request->all(), 'call.call_id', $request->input('call_id', 'unknown'));

        Log::info('RetellFunctionCallHandler: '.$name, array_filter([
            'call_id' => $callId,
            'request_id' => $request->header('X-Request-Id'),
            'version' => self::VERSION,
        ]));

        switch ($name) {
            case 'check_availability':
                $result = ['slots' => ['09:00', '10:30', '14:00'], 'date' => $args['date'] ?? null];
                break;
            case 'book_appointment':
                RecordCall::dispatch($callId, $args);
                $result = ['booked' => true];
                break;
            case 'current_time':
                $result = ['time' => date('c')];
                break;
            case 'test_function':
                $result = ['ok' => true];
                break;
            default:
                return $this->answer(['error' => 'unknown function'], 422);
        }

        return $this->answer(['success' => true, 'call_id' => $callId, 'result' => $result]);
    }

    private function answer(array $body, $status = 200)
    {
        return response()->json($body + [
            'version' => self::VERSION,
            'release' => config('app.release'),
            'pid' => getmypid(),
        ], $status);
    }
}
