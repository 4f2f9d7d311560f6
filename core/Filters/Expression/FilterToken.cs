namespace NetSniff.Filters.Expression;

internal enum TokenKind : byte
{
    End, Word, Text, Regex, And, Or, Not, Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, Same,
    Open, Close, OpenBrace, CloseBrace, Comma, Range,

    /// <summary>No token begins like this; the lexer has said why.</summary>
    Bad,
}

/// <param name="Start">First character, from 0.</param>
internal readonly record struct FilterToken(TokenKind Kind, int Start, int Length);
