/**
 * @license
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * Room `call`, Embind's door: page JavaScript uses what the program binds as Promises.
 * Embind binds in every thread's realm. The page's has names and kinds only; what is called
 * is the binding of the thread that serves, by its name, through libdeputy_call.js.
 *
 *   await Module.add(1, 2)                      Functions, methods and static methods.
 *   const o = await new Module.Counter(1)       Also Module.Counter.create(1), unless the
 *                                               class binds a `create`.
 *   await o.count, await Module.Counter.total   Properties.
 *   o.count = 1                                 Is made in its turn; an error is an
 *                                               unhandled rejection.
 *   await Module.deputy.set(o, 'count', 1)      The same, with its error; and of a class.
 *   for await (const e of o)                    What iterable() binds, and register_vector():
 *                                               its elements as they are when it begins.
 *   await o.delete()                            await o.clone(), await o.isAliasOf(other).
 *   o.isDeleted()                               What this page has done: a boolean, at once.
 *
 * Values are copied. An object of a bound class stays with the thread that serves, under a
 * number; the page has a proxy with that number. What the page no longer holds is let go of,
 * and deleted if it is held by a smart pointer, as Embind does.
 *
 * On the deputy and other pthreads Embind is upstream's.
 */

#if !DEPUTY_THREAD || !EMBIND
#error "Internal error! DEPUTY_THREAD and EMBIND should be enabled when including libdeputy_embind.js."
#endif

#if EMBIND_GEN_MODE

// The driver asks what the program binds: the types for TypeScript say Promise.
var LibraryDeputyEmbind = {
  $DeputyEmbind__deps: ['$DeputyCall', '$ClassDefinition', '$ClassProperty', '$FunctionDefinition', '$TsPrinter'],
  $DeputyEmbind__postset: 'DeputyEmbind.init();',
  $DeputyEmbind: {
    // The class that is printed.
    current: '',

    // Whether what is bound by that name is a Promise's.
    isAsync: (name) => ['async', 'throw'].includes(DeputyCall.policyOf(name)),

    // Methods print to `out`; `change` gets what one has printed, and the object.
    change(prototype, method, change) {
      var print = prototype[method];
      prototype[method] = function(nameMap, out) {
        var printed = [];
        var outer = DeputyEmbind.current;
        if (this instanceof ClassDefinition) DeputyEmbind.current = this.name;
        print.call(this, nameMap, printed);
        if (DeputyEmbind.isAsync(DeputyEmbind.current || this.name)) printed = [change(printed.join(''), this, nameMap)];
        DeputyEmbind.current = outer;
        out.push(...printed);
      };
    },

    init() {
      DeputyEmbind.change(FunctionDefinition.prototype, 'printSignature', (text, { isAsync }) =>
        isAsync ? text : text.replace(/\): (.*)$/s, '): Promise<$1>'));
      DeputyEmbind.change(ClassDefinition.prototype, 'print', (text) =>
        text.replace(/, Iterable<(?=.*> \{)/, ', AsyncIterable<'));
      DeputyEmbind.change(ClassDefinition.prototype, 'printModuleEntry', (text, { staticMethods }) =>
        staticMethods.some(({ name }) => name == 'create') ? text : text.replace(/^ {4}new(\(.*)$/gm, '$&\n    create$1'));
      // Each of its declarations is one of `out`.
      ClassProperty.prototype.print = ((print) => function(nameMap, out) {
        if (!DeputyEmbind.isAsync(DeputyEmbind.current)) return print.call(this, nameMap, out);
        var type = `Promise<${nameMap(this.type, true)}>`;
        if (this.readonly) return out.push(`readonly ${this.name}: ${type}`);
        out.push(`get ${this.name}(): ${type}`, `set ${this.name}(value: ${nameMap(this.type, false)})`);
      })(ClassProperty.prototype.print);
      TsPrinter.prototype.print = ((print) => function() {
        var text = print.call(this);
        var classes = this.definitions.filter((definition) => definition instanceof ClassDefinition);
        if (!classes.every(({ name }) => DeputyEmbind.isAsync(name))) return text;
        return text.replace(/export interface ClassHandle \{.*?\n\}\n/s, `export interface ClassHandle {
  isAliasOf(other: ClassHandle): Promise<boolean>;
  delete(): Promise<void>;
  isDeleted(): boolean;
  // @ts-ignore - If targeting lower than ESNext, these symbols might not exist.
  [Symbol.dispose](): void;
  // @ts-ignore
  [Symbol.asyncDispose](): Promise<void>;
  clone(): Promise<this>;
}
`);
      })(TsPrinter.prototype.print);
    },
  },
};

#else

var LibraryDeputyEmbind = {
  $DeputyEmbind__deps: ['$BindingError', '$ClassHandle', '$DeputyCall', '$EmValType', '$UTF8ToString', '$craftInvokerFunction',
    '$createNamedFunction', '$makeLegalFunctionName', '$registeredTypes', 'pthread_self'],
  $DeputyEmbind__postset: 'DeputyEmbind.init();',
  $DeputyEmbind: {
    // By the name that the program gave them: proxy classes, on the page.
    classes: null,
    // By number: objects, on the thread that serves.
    handles: null,

    // What value_object() and value_array() read, of all that the program binds.
    fieldNames: null,

    // Any thread, while the script is evaluated.
    init() {
      DeputyEmbind.fieldNames = new Set();
      DeputyEmbind.classes = new Map();
      DeputyEmbind.handles = new Map();
      var craft = craftInvokerFunction;
      craftInvokerFunction = (humanName, argTypes, ...rest) => {
        var func = craft(humanName, argTypes, ...rest);
        // The first is what it returns, the second `this`.
        func.valPosition = argTypes.indexOf(EmValType, 2) - 1;
        return func;
      };
    },

    // Objects of enums that have them, to the enum's name and their number; enums by name.
    enumValues: null,
    enums: null,

    findEnums() {
      if (DeputyEmbind.enums) return;
      DeputyEmbind.enums = new Map();
      DeputyEmbind.enumValues = new Map();
      for (var type of Object.values(registeredTypes)) {
        if (type.valueType != 'object') continue;
        var { values } = type.constructor;
        DeputyEmbind.enums.set(type.name, values);
        for (var number of Object.keys(values)) DeputyEmbind.enumValues.set(values[number], [type.name, number]);
      }
    },

    // ---- Values --------------------------------------------------------------

    // Any thread. What JSON has as it is, or an array with a tag. Bytes go into `bytes`, an
    // array, on the page, and into the text on the thread that serves, which has none.
    // `outer`: what the value is in.
    pack(value, bytes = null, outer = []) {
      switch (typeof value) {
        case 'string':
        case 'boolean':
          return value;
        case 'number':
          if (Object.is(value, -0)) return ['number', '-0'];
          return Number.isFinite(value) ? value : ['number', String(value)];
        case 'bigint':
          return ['bigint', String(value)];
        case 'undefined':
          return ['undefined'];
        case 'function':
        case 'symbol':
          throw DeputyEmbind.refused(value, bytes);
      }
      if (!value) return null;
      if (value.deputyHandle) return ['handle', value.deputyHandle.id, value.deputyHandle.name];
      if (value instanceof ClassHandle) {
        if (bytes) throw new BindingError(`${value.$$.ptrType.registeredClass.name} is in DEPUTY_INLINE_EXPORTS: its objects are the page's own, and can't be passed to what runs on the deputy`);
        return DeputyEmbind.keep(value);
      }
      DeputyEmbind.findEnums();
      if (DeputyEmbind.enumValues.has(value)) return ['enum', ...DeputyEmbind.enumValues.get(value)];
      var isBuffer = value instanceof ArrayBuffer;
      if (isBuffer || ArrayBuffer.isView(value)) {
        var kind = isBuffer ? 'Uint8Array' : value[Symbol.toStringTag];
        if (bytes) return ['bytes', kind, bytes.push(value) - 1, value.byteLength];
        var view = isBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
        var text = '';
        for (var byte of view) text += String.fromCharCode(byte);
        return ['text', kind, btoa(text)];
      }
      if (outer.includes(value)) throw new TypeError(`${bytes ? 'an argument' : 'what it returns'} is or has an object that is in itself: it can't be copied`);
      var inner = [...outer, value];
      if (Array.isArray(value)) return ['array', Array.from(value, (element) => DeputyEmbind.pack(element, bytes, inner))];
      if (typeof value.then == 'function' || !(bytes || [Object.prototype, null].includes(Object.getPrototypeOf(value)))) throw DeputyEmbind.refused(value, bytes);
      // Its own, which an emscripten::val may have any use for, and what is bound, wherever it has
      // that from. Methods stay.
      var fields = new Map();
      for (var name of Object.keys(value)) fields.set(name, DeputyEmbind.pack(value[name], bytes, inner));
      if (bytes) {
        DeputyEmbind.fieldNames.forEach((name) => {
          if (fields.has(name) || !(name in value)) return;
          var field = value[name];
          if (typeof field != 'function') fields.set(name, DeputyEmbind.pack(field, bytes, inner));
        });
      }
      return ['object', [...fields]];
    },

    refused(value, bytes) {
      if (!bytes) return new TypeError(`what it returns is or has a ${typeof value == 'object' ? value.constructor?.name : typeof value}, which stays on the thread where it is: return data, or an object of a bound class`);
      if (typeof value?.then == 'function') return new TypeError('an argument is a Promise: await it first');
      return new TypeError(`an argument is or has a ${typeof value}, which stays on the page: the deputy can't call it, as the page does not wait. Have C++ return what the page needs, or call the page by MAIN_THREAD_ASYNC_EM_ASM`);
    },

    // Any thread. `pointers` are where the message has bytes.
    unpack(packed, pointers = null) {
      if (!Array.isArray(packed)) return packed;
      var [tag, first, second, third] = packed;
      switch (tag) {
        case 'number':
          return Number(first);
        case 'bigint':
          return BigInt(first);
        case 'array':
          return first.map((element) => DeputyEmbind.unpack(element, pointers));
        case 'object':
          return Object.fromEntries(first.map((field) => [field[0], DeputyEmbind.unpack(field[1], pointers)]));
        case 'handle':
          return ENVIRONMENT_IS_PTHREAD ? DeputyEmbind.handle(first, second) : DeputyEmbind.proxy(first, second);
        case 'enum':
          DeputyEmbind.findEnums();
          return DeputyEmbind.enums.get(first)?.[second];
        case 'bytes':
          var begin = Number(pointers[second]);
          return new globalThis[first](HEAPU8.slice(begin, begin + third).buffer);
        case 'text':
          return new globalThis[first](Uint8Array.from(atob(second), (char) => char.charCodeAt(0)).buffer);
      }
    },

    // ---- Page ------------------------------------------------------------------

    registry: null,

    // UI thread, which has just registered what there is, to take its place.
    wrap() {
      var registered = new Map();
      for (var { registeredClass } of Object.values(registeredTypes)) {
        if (!registeredClass) continue;
        DeputyEmbind.addClass(registeredClass);
        registered.set(registeredClass.constructor, registeredClass.name);
      }
      for (let key in Module) {
        let value = Module[key];
        if (typeof value != 'function' || DeputyCall.policyOf(key) == 'inline') continue;
        if (registered.has(value)) {
          Module[key] = DeputyEmbind.classes.get(registered.get(value));
        } else if (value.overloadTable || value.argCount >= 0) {
          Module[key] = createNamedFunction(key, (...args) => DeputyEmbind.request(key, 'call', 0, '', key, args));
        }
      }
    },

    // Returns the proxy class.
    addClass(registered) {
      var { name, baseClass } = registered;
      var known = DeputyEmbind.classes.get(name);
      if (known) return known;
      var key = makeLegalFunctionName(name);
      var base = baseClass ? DeputyEmbind.addClass(baseClass).prototype : DeputyEmbind.handleMembers();
      var create = (...args) => DeputyEmbind.request(`new ${key}`, 'new', 0, key, '', args);
      var proxy = createNamedFunction(name, function(...args) {
        if (!new.target) throw new BindingError(`Use 'new' to construct ${name}`);
        return create(...args);
      });
      proxy.prototype = Object.create(base, { constructor: { value: proxy } });
      proxy.deputyKey = key;
      proxy['create'] = create;
      DeputyEmbind.addMembers(proxy, registered.constructor, (self, op, member, args) =>
        DeputyEmbind.request(`${key}.${member}`, op, 0, key, member, args));
      DeputyEmbind.addMembers(proxy.prototype, registered.instancePrototype, DeputyEmbind.ask);
      DeputyEmbind.classes.set(name, proxy);
      return proxy;
    },

    addMembers(to, from, ask) {
      for (let member of Object.getOwnPropertyNames(from)) {
        // What has a then() could not be awaited.
        if (member == 'constructor' || member == 'then') continue;
        var { get, value } = Object.getOwnPropertyDescriptor(from, member);
        if (get) {
          Object.defineProperty(to, member, {
            get() { return ask(this, 'get', member, []); },
            set(value) { ask(this, 'set', member, [value]); },
            enumerable: true,
            configurable: true,
          });
        } else if (typeof value == 'function') {
          Object.defineProperty(to, member, {
            value(...args) {
              return ask(this, 'call', member, args);
            },
            configurable: true,
            writable: true,
          });
        }
      }
      // What iterable() has bound: all elements at once.
      if (Object.prototype.hasOwnProperty.call(from, Symbol.iterator)) {
        to[Symbol.asyncIterator] = async function*() {
          yield* await ask(this, 'iterate', 'iterable', []);
        };
      }
    },

    // Of all objects.
    handleMembers() {
      var members = {
        'isAliasOf'(other) {
          return DeputyEmbind.ask(this, 'call', 'isAliasOf', [other]);
        },
        'clone'() {
          return DeputyEmbind.ask(this, 'call', 'clone', []);
        },
        'delete'() {
          var deleted = DeputyEmbind.ask(this, 'delete', 'delete', []);
          this.deputyHandle.isDeleted = true;
          DeputyEmbind.registry?.unregister(this.deputyHandle);
          return deleted;
        },
        'deleteLater'() {
          throw new BindingError('deleteLater() is not for the page: delete() runs after what was called before, and need not be awaited');
        },
        'isDeleted'() {
          return DeputyEmbind.recordOf(this).isDeleted;
        },
      };
      for (var symbol of [Symbol.dispose, Symbol.asyncDispose]) {
        if (symbol) members[symbol] = function() { return this['delete'](); };
      }
      DeputyEmbind.handleMembers = () => members;
      return members;
    },

    recordOf(object) {
      if (!object?.deputyHandle) throw new BindingError(`"this" is not an object of a bound class: ${object}`);
      return object.deputyHandle;
    },

    // Of an object.
    ask(object, op, member, args) {
      var record = DeputyEmbind.recordOf(object);
      var title = `${makeLegalFunctionName(record.name)}.${member}`;
      return DeputyEmbind.request(title, op, record.id, record.name, member, args);
    },

    // Module.deputy.set()
    set(object, member, value) {
      if (object?.deputyKey) return DeputyEmbind.request(`${object.deputyKey}.${member}`, 'set', 0, object.deputyKey, member, [value]);
      return DeputyEmbind.ask(object, 'set', member, [value]);
    },

    // Errors of what is passed come as all others, by the Promise.
    request(title, op, id, owner, member, args) {
      var name = owner ? makeLegalFunctionName(owner) : member;
      var policy = DeputyCall.policyOf(name);
#if DEPUTY_CALLS == 'throw' || DEPUTY_THROW_EXPORTS.length
      if (policy == 'throw') {
        throw new Error(`${title} can't be called on the UI thread (DEPUTY_CALLS=throw). Have ${name} in DEPUTY_ASYNC_EXPORTS, and await what it returns; or, when it is short and takes no lock, in DEPUTY_INLINE_EXPORTS.`);
      }
#endif
      try {
        var bytes = [];
        var packed = args.map((arg) => DeputyEmbind.pack(arg, bytes));
      } catch (e) {
        e.message = `${title}: ${e.message}`;
        if (policy == 'sync') throw e;
        return Promise.reject(e);
      }
      return DeputyEmbind.send(title, policy, [op, id, owner, member, packed], bytes);
    },

    send(title, policy, message, bytes) {
      var types = ['string', ...bytes.map(() => 'array')];
      var args = [JSON.stringify(message), ...bytes];
#if DEPUTY_CALLS == 'sync' || DEPUTY_SYNC_EXPORTS.length
      if (policy == 'sync') return DeputyCall.callAndWait(title, DeputyEmbind, types, args);
#endif
      return DeputyCall.call(title, DeputyEmbind, types, args);
    },

    // What a call has returned.
    receive: (value) => typeof value == 'string' ? DeputyEmbind.unpack(JSON.parse(value)) : value,

    proxy(id, name) {
      var record = { id, name, isDeleted: false };
      var members = DeputyEmbind.classes.get(name)?.prototype ?? DeputyEmbind.handleMembers();
      var object = Object.create(members, { deputyHandle: { value: record } });
      if (globalThis.FinalizationRegistry) {
        DeputyEmbind.registry ??= new FinalizationRegistry((id) => {
          if (!DeputyCall.end) DeputyEmbind.send('delete of what the page has let go of', 'async', ['free', id, '', '', []], []).catch(() => {});
        });
        DeputyEmbind.registry.register(object, id, record);
      }
      return object;
    },

    // ---- Thread that serves ------------------------------------------------------

    // Unlike any of another thread's.
    lastId: 0,
    // Of exceptions that reject a coroutine's Promise: [type, what()].
    texts: new WeakMap(),

    keep(handle) {
      DeputyEmbind.lastId ||= Number(_pthread_self()) * 2 ** 20;
      DeputyEmbind.handles.set(++DeputyEmbind.lastId, handle);
      return ['handle', DeputyEmbind.lastId, handle.$$.ptrType.registeredClass.name];
    },

    handle(id, name) {
      var handle = DeputyEmbind.handles.get(id);
      if (!handle) throw new BindingError(`${name} instance already deleted`);
      return handle;
    },

    // What DeputyCall.run() calls. Returns a number, undefined or JSON.
    serve(text, ...pointers) {
      var [op, id, owner, member, args] = /** @type {!Array} */ (JSON.parse(UTF8ToString({{{ MEMORY64 ? 'Number(text)' : 'text' }}})));
      if (op == 'free') return DeputyEmbind.free(id);
      args = args.map((arg) => DeputyEmbind.unpack(arg, pointers));
      var target = id ? DeputyEmbind.handle(id, owner) : owner ? Module[owner] : Module;
      var value = DeputyEmbind.perform(op, target, member, args);
      if (op == 'delete') DeputyEmbind.handles.delete(id);
      return value instanceof Promise ? value.then(DeputyEmbind.answer) : DeputyEmbind.answer(value);
    },

    perform(op, target, member, args) {
      switch (op) {
        case 'get':
          return target[member];
        case 'set':
          target[member] = args[0];
          return;
        case 'delete':
          return target['delete']();
        case 'iterate':
          return [...target];
        case 'new':
          DeputyEmbind.checkVal(DeputyEmbind.constructorsOf(target)?.[args.length]);
          return new target(...args);
      }
      var func = target[member];
      DeputyEmbind.checkVal(func.overloadTable ? func.overloadTable[args.length] : func);
      return func.apply(target, args);
    },

    constructorsOf: (target) => Object.values(registeredTypes).find(({ registeredClass }) => registeredClass?.constructor == target)?.registeredClass.constructor_body,

    checkVal(func) {
      if (func?.valPosition > 0) {
        throw new TypeError(`argument ${func.valPosition} is an emscripten::val, a reference to a value of the thread's own JavaScript: there is none to a value of the page's. Take a copy, by a type of C++ or value_object()`);
      }
    },

    // An object that only a raw pointer holds is the program's: as Embind has it.
    free(id) {
      var handle = DeputyEmbind.handles.get(id);
      DeputyEmbind.handles.delete(id);
      if (handle?.$$.smartPtr) handle['delete']();
    },

    answer: (value) => value === undefined || typeof value == 'number' ? value : JSON.stringify(DeputyEmbind.pack(value)),
  },
};

// ---- Upstream's functions, changed -------------------------------------------

moveUpstream('_embind_finalize_value_object', '$finalizeValueObject', LibraryDeputyEmbind);
moveUpstream('_embind_finalize_value_array', '$finalizeValueArray', LibraryDeputyEmbind);

Object.assign(LibraryDeputyEmbind, {
  // Any thread.
  _embind_finalize_value_object__deps: ['$finalizeValueObject', '$DeputyEmbind', '$structRegistrations'],
  _embind_finalize_value_object: (rawType) => {
    for (var { fieldName } of structRegistrations[rawType].fields) DeputyEmbind.fieldNames.add(fieldName);
    finalizeValueObject(rawType);
  },

  _embind_finalize_value_array__deps: ['$finalizeValueArray', '$DeputyEmbind', '$tupleRegistrations'],
  _embind_finalize_value_array: (rawType) => {
    DeputyEmbind.fieldNames.add('length');
    for (var i in tupleRegistrations[rawType].elements) DeputyEmbind.fieldNames.add(i);
    finalizeValueArray(rawType);
  },
});

#if WASM_EXCEPTIONS || !DISABLE_EXCEPTION_CATCHING
moveUpstream('_emval_from_current_cxa_exception', '$emvalFromCurrentException', LibraryDeputyEmbind);

Object.assign(LibraryDeputyEmbind, {
  // An exception that leaves a coroutine rejects its Promise. The program has freed it when
  // somebody learns of that.
  _emval_from_current_cxa_exception__deps: ['$emvalFromCurrentException', '$DeputyEmbind', '$Emval', '$getExceptionMessage'],
  _emval_from_current_cxa_exception: () => {
    var handle = emvalFromCurrentException();
    var e = Emval.toValue(handle);
    DeputyEmbind.texts.set(e, getExceptionMessage(e));
    return handle;
  },
});
#endif

#endif

addToLibrary(LibraryDeputyEmbind);
