using NetSniff.Json;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Http;

/// <summary>Records as lines of JSON.</summary>
internal sealed class RecordLines : IAnswers<ObserveAnswer>
{
    private readonly JsonStream _stream;
    private readonly BatchDecoder _decoder = new() { TakesPeers = true };
    private readonly RecordJson _records;

    public RecordLines(JsonStream stream)
    {
        _stream = stream;
        _records = new RecordJson(stream.Buffer, Origins.Book);
    }

    public Task WriteAsync(ObserveAnswer answer, CancellationToken cancel)
    {
        if (answer.Missed > 0) WriteMissed(answer.Missed);
        if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Completeness) WriteCompleteness(answer.Completeness);
        else if (_decoder.TryRead(answer.Batch.Span)) WriteRecords();
        return _stream.SendAsync(cancel);
    }

    private void WriteRecords()
    {
        foreach (var record in new RecordWalker(_decoder.Records))
        {
            _stream.Begin("record");
            _records.Write(record);
            _stream.End();
        }
    }

    private void WriteMissed(ulong missed)
    {
        _stream.Begin("missed");
        _stream.Json.WriteStartObject();
        _stream.Json.WriteNumber("missed"u8, missed);
        _stream.Json.WriteEndObject();
        _stream.Json.End();
        _stream.End();
    }

    private void WriteCompleteness(Completeness completeness)
    {
        _stream.Begin("completeness");
        _stream.Json.WriteStartObject();
        AnswerJson.Write(_stream.Json, completeness);
        _stream.Json.WriteEndObject();
        _stream.Json.End();
        _stream.End();
    }
}
