<?php

use App\Http\Controllers\ApiResourceController;
use App\Http\Controllers\ConversationFlowController;
use App\Http\Controllers\RetellFunctionCallHandler;
use App\Http\Controllers\RetellWebhookController;
use App\Http\Controllers\StatusController;
use Illuminate\Support\Facades\Route;

Route::get('/status', '\\'.StatusController::class)->name('status');
Route::post('/retell/function', '\\'.RetellFunctionCallHandler::class)->name('retell.function');
Route::post('/retell/webhook', '\\'.RetellWebhookController::class)->name('retell.webhook');

Route::get('/conversation-flows', [ConversationFlowController::class, 'index'])->name('flows.list');
Route::get('/conversation-flows/{flow}', [ConversationFlowController::class, 'show'])->name('flows.show');
Route::post('/conversation-flows/{flow}/validate', [ConversationFlowController::class, 'validateFlow'])->name('flows.validate');

foreach (require __DIR__.'/resources.php' as $resource) {
    $at = '/v1/'.$resource;
    $to = function ($method) {
        return [ApiResourceController::class, $method];
    };
    Route::get($at, $to('index'))->name("v1.$resource.index");
    Route::post($at, $to('store'))->name("v1.$resource.store");
    Route::get("$at/{id}", $to('show'))->name("v1.$resource.show");
    Route::put("$at/{id}", $to('update'))->name("v1.$resource.update");
    Route::delete("$at/{id}", $to('destroy'))->name("v1.$resource.destroy");
    Route::get("$at/{id}/history", $to('history'))->name("v1.$resource.history");
}
