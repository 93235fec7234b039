/** Chosen once: Twenty, and the bridge, know by them what an earlier installation made. */
export const APPLICATION = '7c7fbc03-f594-42ef-a439-4319e7509184';
export const ROLE = '85b5173a-7ffe-4667-a3d7-4512bbdc1288';
export const ADDRESS_VARIABLE = 'a41918dc-b8dc-48ea-9806-8ca5b2397893';
export const CALL_PERSON = { component: '380d84ba-24e1-4280-ab9d-aebd3153b17f', command: '99f9e084-dadf-4fb6-8fa6-2f625f8d5ed1' };
export const CALL_COMPANY = { component: '3c7f9607-2999-417b-a908-9c56751e2301', command: 'e904ef53-6160-43ce-97d7-32410c57fe1b' };
export const CALL_BACK = { component: '527dea97-aa8f-4980-90d9-ce4728f819c7', command: '421128ea-c343-4609-abf5-38b3b8d14382' };
export const STATUS = { component: 'ffbfd263-e966-4d2e-9418-12060b507590', menuItem: '086657e3-bed4-4304-9e8c-db6037e4512b' };
export const PHONE_CALL_TYPE = 'b0912cce-9340-4e12-a35e-9986344725ea';
