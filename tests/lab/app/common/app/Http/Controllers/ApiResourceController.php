<?php

namespace App\Http\Controllers;

use Illuminate\Http\Request;

/** Answers for every resource of routes/resources.php; what they hold does not matter to the gateway. */
class ApiResourceController extends Controller
{
    public function index(Request $request)
    {
        return $this->answer($request, []);
    }

    public function store(Request $request)
    {
        return $this->answer($request, ['created' => true], 201);
    }

    public function show(Request $request, $id)
    {
        return $this->answer($request, ['id' => $id]);
    }

    public function update(Request $request, $id)
    {
        return $this->answer($request, ['id' => $id, 'updated' => true]);
    }

    public function destroy(Request $request, $id)
    {
        return $this->answer($request, ['id' => $id, 'deleted' => true]);
    }

    public function history(Request $request, $id)
    {
        return $this->answer($request, ['id' => $id, 'history' => []]);
    }

    private function answer(Request $request, array $data, $status = 200)
    {
        return response()->json(['route' => optional($request->route())->getName(), 'data' => $data], $status);
    }
}
